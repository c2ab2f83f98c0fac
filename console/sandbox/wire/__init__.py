"""AWS's protocols on the wire, read from botocore's service models; no AWS semantics here."""
