"""A certified implementation of a provider (idpyoidc), as a server of its own on this machine.

Everything that is signed, compared or remembered is the library's; here are only its settings and the routes.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.session.manager import public_id

CLIENT = "kakunin-console"
SECRET = "a secret of the client, long enough for HMAC"
PASSWORD_ACR = "urn:oasis:names:tc:SAML:2.0:ac:classes:InternetProtocolPassword"
_SALT = "salt"
_SIGNING = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
_SHARED = [{"type": "OCT", "use": ["enc"], "kid": "enc"}, {"type": "OCT", "use": ["sig"], "kid": "sig"}]
_CLAIMS = ("preferred_username", "email", "email_verified", "groups", "branches", "amr")
_OIDC = "idpyoidc.server.oidc"


class RealProvider:
    """The provider, its users, and who sits before its sign-in page."""

    def __init__(self, folder: Path, console_url: str, *, algorithm: str = "RS256") -> None:
        self.port = unused_port()
        #: By name, so that it is another site than the console's address.
        self.issuer = f"http://localhost:{self.port}"
        conf = OPConfiguration(_configuration(self.issuer, folder), base_path=str(folder))
        self._server = Server(conf, cwd=str(folder))
        self.context = self._server.context
        #: What it knows of its people.
        self.users: dict[str, dict[str, Any]] = self.context.userinfo.db
        self.context.cdb[CLIENT] = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [(f"{console_url}/console/sign-in/elsewhere/done", {})],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "allowed_scopes": ["openid", "profile", "email"],
            "id_token_signed_response_alg": algorithm,
            "backchannel_logout_uri": f"{console_url}/console/sign-in/elsewhere/left",
        }
        self.server = TestServer(self._application(), host="127.0.0.1", port=self.port)

    def subject(self, user: str) -> str:
        """Who a user is in its tokens."""
        return str(public_id(user, _SALT))

    def sits_there(self, user: str) -> None:
        """Whose password is typed at its sign-in page."""
        (method,) = self.context.authn_broker
        method.user = user

    def rotate(self) -> None:
        """Sign with new keys, and publish them beside the old ones."""
        keyjar = self._server.keyjar
        keyjar.rotate_keys(_SIGNING)
        keyjar.import_jwks(keyjar.export_jwks(private=True), self.issuer)

    async def end_all_sessions(self, user: str) -> None:
        """Sign the user out there; the provider tells everybody whom it let in (back-channel)."""
        sessions = self.context.session_manager
        client = sessions.get([user, CLIENT])
        (grant,) = client.subordinate[-1:]
        sid = sessions.encrypted_session_id(*sessions.unpack_branch_key(grant))
        # The library calls synchronously; our server answers in this loop.
        await asyncio.to_thread(self._server.endpoint["session"].do_verified_logout, sid, alla=True)

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._say_what_it_is)
        app.router.add_get("/static/jwks.json", self._give_keys)
        app.router.add_get("/authorization", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/session", self._leave)
        return app

    async def _say_what_it_is(self, request: web.Request) -> web.Response:
        endpoint = self._server.endpoint["provider_config"]
        return _answer(endpoint.do_response(**endpoint.process_request()))

    async def _give_keys(self, request: web.Request) -> web.Response:
        return web.json_response(text=self._server.keyjar.export_jwks_as_json(issuer_id=""))

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if query.pop("pressed", None) is None:
            fields = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in query.items())
            page = f"<!DOCTYPE html><title>Provider</title><h1>Provider</h1><form>{fields}"
            page += '<button name="pressed" value="1">Sign in here</button></form>'
            return web.Response(text=page, content_type="text/html")
        endpoint = self._server.endpoint["authorization"]
        parsed = endpoint.parse_request(query, http_info={"headers": dict(request.headers)})
        done = parsed if "error" in parsed else endpoint.process_request(parsed, http_info={})
        if "error" in done:
            return web.json_response(json.loads(done.to_json()), status=400)
        return web.Response(status=303, headers={"Location": endpoint.do_response(request=parsed, **done)["response"]})

    async def _token(self, request: web.Request) -> web.Response:
        endpoint = self._server.endpoint["token"]
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            parsed = endpoint.parse_request(dict(parse_qsl(await request.text())), http_info={"headers": headers})
        except Exception:
            return web.json_response({"error": "invalid_client"}, status=401)
        done = parsed if "error" in parsed else endpoint.process_request(parsed)
        if "error" in done:
            return web.json_response(json.loads(done.to_json()), status=400)
        return _answer(endpoint.do_response(request=parsed, **done))

    async def _leave(self, request: web.Request) -> web.Response:
        return web.Response(
            text="<!DOCTYPE html><title>Provider</title><h1>Signed out there</h1>", content_type="text/html"
        )


def _answer(done: dict[str, Any]) -> web.Response:
    return web.Response(text=done["response"], content_type="application/json")


def _configuration(issuer: str, folder: Path) -> dict[str, Any]:
    keys = {"private_path": str(folder / "cookies.json"), "key_defs": _SHARED, "read_only": False}
    return {
        "issuer": issuer,
        "httpc_params": {"verify": False, "timeout": 5},
        "key_conf": {"key_defs": _SIGNING, "uri_path": "static/jwks.json"},
        "template_dir": str(folder),
        "cookie_handler": {
            "class": "idpyoidc.server.cookie_handler.CookieHandler",
            "kwargs": {
                "keys": keys,
                "name": {"session": "oidc_op", "register": "oidc_op_rp", "session_management": "sman"},
            },
        },
        "preference": {
            "subject_types_supported": ["public"],
            "grant_types_supported": ["authorization_code"],
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        },
        "sub_func": {"public": {"class": "idpyoidc.server.session.manager.PublicID", "kwargs": {"salt": _SALT}}},
        "token_handler_args": {
            "jwks_def": {
                "private_path": str(folder / "tokens.json"),
                "read_only": False,
                "key_defs": [
                    {"type": "oct", "bytes": 24, "use": ["enc"], "kid": name} for name in ("code", "token", "refresh")
                ],
            },
            "code": {"kwargs": {"lifetime": 600}},
            "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
            "id_token": {
                "class": "idpyoidc.server.token.id_token.IDToken",
                "kwargs": {"base_claims": dict.fromkeys(_CLAIMS)},
            },
        },
        "endpoint": {
            "provider_config": {
                "path": ".well-known/openid-configuration",
                "class": f"{_OIDC}.provider_config.ProviderConfiguration",
                "kwargs": {},
            },
            "authorization": {
                "path": "authorization",
                "class": f"{_OIDC}.authorization.Authorization",
                "kwargs": {"response_types_supported": ["code"], "response_modes_supported": ["query"]},
            },
            "token": {
                "path": "token",
                "class": f"{_OIDC}.token.Token",
                "kwargs": {"client_authn_method": ["client_secret_basic", "client_secret_post"]},
            },
            "session": {
                "path": "session",
                "class": f"{_OIDC}.session.Session",
                "kwargs": {"post_logout_uri_path": "post", "signing_alg": "ES256", "logout_verify_url": "verify"},
            },
        },
        "authentication": {
            "password": {
                "acr": PASSWORD_ACR,
                "class": "idpyoidc.server.user_authn.user.NoAuthn",
                "kwargs": {"user": "nobody"},
            }
        },
        "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": {}}},
        "add_ons": {
            "pkce": {
                "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                "kwargs": {"essential": True, "code_challenge_methods": {"S256": None}},
            }
        },
    }
