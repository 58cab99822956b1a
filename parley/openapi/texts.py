"""The rules of texts that lengths can't say, as patterns."""

# What Python's str.isspace() holds to be white space; \s is something else in each language.
WHITE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# What search drops: a query of nothing else looks for nothing.
MARKS = r"\u0300-\u036f"

# JSON Schema's patterns are not anchored, and a lone surrogate is no character of JSON in UTF-8.
NO_NUL = r"^[^\x00]*$"
WITH_INK = rf"^[^\x00]*[^\x00{WHITE}][^\x00]*$"
# Beside a character that is neither, also white space with marks on it is something to look for.
SEARCHABLE = rf"^[^\x00]*([^\x00{WHITE}{MARKS}]|[{WHITE}][{MARKS}]|[{MARKS}][{WHITE}])[^\x00]*$"

TOKEN = "^[A-Za-z0-9_-]{43}$"
KEY_ID = "^[0-9a-f]{16}$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
POSITION = "^(0|[1-9][0-9]{0,17})$"
COMMAND_KEY = "^[!-~]{1,255}$"
_TAG = r'(W/)?"[!#-~]*"'
TAGS = rf"^[\t ,]*{_TAG}[\t ]*(,[\t ]*({_TAG}[\t ]*)?)*$"
MOST_NUMBER = 10**18 - 1
