"""Why a service is as it is: from evidence to one line, a cause and a remedy."""

from console.diagnosis.judgement import diagnose, diagnose_picture

__all__ = ["diagnose", "diagnose_picture"]
