"""What gunicorn takes from here by itself, under `make run` as in a container: whom it believes and how much it reads."""

# core/proxies.py decides what proxies may say. Gunicorn would believe everybody on this machine.
forwarded_allow_ips = ""
# A page's address with all its filters stays far below; the largest header is the one with the cookies.
limit_request_line = 4094  # bytes
limit_request_fields = 64
limit_request_field_size = 8190  # bytes

# Its own lines name addresses too.
logconfig_dict = {
    "formatters": {
        "generic": {
            "()": "core.logs.Line",
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
        }
    }
}
