"""Why a service is as it is: from evidence to one line, a cause and a remedy."""

from console.diagnosis.judgement import diagnose

__all__ = ["diagnose"]
