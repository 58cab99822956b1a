"""TLS to a server, by the options that the MySQL clients have; no driver is needed for that."""

import ssl
from collections.abc import Mapping

MODES = ("disabled", "preferred", "required", "verify-ca", "verify-identity")
OPTIONS = ("ssl-mode", "ssl-ca", "ssl-cert", "ssl-key")


def tls_context(options: Mapping[str, str]) -> ssl.SSLContext | None:
    """None where `preferred` or `disabled` leave it to the driver. Raises ValueError."""
    mode = options.get("ssl-mode", "verify-ca" if "ssl-ca" in options else "preferred")
    if mode not in MODES:
        raise ValueError(f"ssl-mode is {mode!r}; allowed are {', '.join(MODES)}")
    if ("ssl-key" in options) != ("ssl-cert" in options):
        raise ValueError("ssl-cert and ssl-key belong together")
    if mode in ("disabled", "preferred"):
        if unused := sorted(set(options) - {"ssl-mode"}):
            raise ValueError(f"{', '.join(unused)} would have no effect with ssl-mode={mode}")
        return None
    try:
        context = ssl.create_default_context(cafile=options.get("ssl-ca"))
        context.check_hostname = mode == "verify-identity"
        context.verify_mode = ssl.CERT_NONE if mode == "required" else ssl.CERT_REQUIRED
        if "ssl-cert" in options:
            context.load_cert_chain(options["ssl-cert"], options["ssl-key"])
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the certificates can't be read: {error}") from error
    return context
