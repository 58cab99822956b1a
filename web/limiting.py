"""The ASGI layer that limits requests by key and by address, and failed authentication by address."""

from web.admin import AdminKey
from web.answering import answering
from web.guard import ASGIApp, Receive, Scope, Send, refuse
from web.limiter import Headers, Limiter
from web.paths import LIVEZ, METRICS, READYZ
from web.policy import Need, need
from web.presented import credentials, holder, network, presented
from web.problem import FAILED, problem_response
from web.routing import ROUTE

MADE = "parley.made"
"""The key of the ASGI scope under which the token of an application is that the request made."""
NOT_COUNTED = frozenset((LIVEZ, READYZ, METRICS))
_OPEN_DOOR = AdminKey(None)


def limiting(app: ASGIApp, limiter: Limiter, admin: AdminKey = _OPEN_DOOR) -> ASGIApp:
    """`app`, reached by no more requests than `limiter` allows; the health routes are not counted.

    Who shows the `admin` key is not held to the limit of failures.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in NOT_COUNTED:
            await app(scope, receive, send)
            return
        client = scope.get("client")
        address = network(client[0] if client else "")
        names, caller, below = presented(scope)
        guessed = None
        if caller is not None and not (below and limiter.knows(caller, address)):
            if is_no_guess(scope, below=below):
                caller = None
            else:
                guessed, refused = limiter.guess(address)
                if refused:
                    await _refuse(scope, receive, send, refused)
                    return
        allowed, headers = limiter.hit(names, address)
        if not allowed:
            if guessed is not None:
                limiter.spare(address, guessed)
            await _refuse(scope, receive, send, headers)
            return
        answer = answering(send)
        answer.added += headers
        try:
            await app(scope, receive, answer)
        finally:
            if caller is not None:
                _learn(limiter, scope, answer.status, caller, address, guessed)
            elif MADE in scope:
                limiter.let_in(holder(scope[MADE]), address)

    def is_no_guess(scope: Scope, *, below: bool) -> bool:
        if scope["method"] == "OPTIONS" or not (below or admin.is_needed):
            return True
        return admin.held(credentials(scope))

    return limited


def _learn(
    limiter: Limiter, scope: Scope, status: int, caller: str, address: str, guessed: float | None
) -> None:
    """From the answer; `guessed` is when the request was counted as a failure, None if its caller was known."""
    failed = scope.get(FAILED)
    if guessed is None:
        if failed:
            limiter.failed(caller, address)
        return
    route = scope.get(ROUTE, "")
    if failed is None:
        failed = status == 401 or (status == 404 and "{token" in route)
    if failed:
        return
    limiter.spare(address, guessed)
    # Any other refusal may have come before anybody looked at what was shown.
    if (200 <= status < 300 or status == 304) and need(route, scope["method"]) is not Need.OPEN:
        limiter.let_in(caller, address)


async def _refuse(scope: Scope, receive: Receive, send: Send, limits: Headers) -> None:
    if _has_body(scope):
        # Who is over the limit is not to send bodies of any length for nothing, either.
        await refuse(send, 429, headers=limits, drain=receive)
        return
    headers, body = problem_response(429, headers=limits)
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" \t0"))
        for name, value in scope["headers"]
    )
