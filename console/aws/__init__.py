"""Amazon ECS behind the ports: the only package that imports boto3, and only once a call is made."""
