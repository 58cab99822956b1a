"""X11: what is no number's one spelling, and so no path."""

OTHER_SPELLINGS = [
    "0",
    "-1",
    str(2**63),
    "9" * 3000,
    "1_0",
    "+1",
    "%D9%A1",
    "0001",
    "1.0",
    "%201",
    "1%20",
    "%31",
    "1e0",
    "1;x",
    "",
]
