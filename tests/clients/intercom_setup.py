"""The set-up of py2n, and of an integration that falls back to 640x480, with every way of authenticating."""

import asyncio
import hashlib

import aiohttp
from py2n import Py2NConnectionData, Py2NDevice
from py2n.exceptions import Py2NError

from checks import BASE, check
from gateways import PROGRAM, Gateway


async def connects(name, address, method):
    for unprivileged in (False, True):
        async with aiohttp.ClientSession() as session:
            known = {"username": "ann", "password": "pass", "auth_method": method} if method else {}
            options = Py2NConnectionData(host=address, unprivileged=unprivileged, **known)
            device = await Py2NDevice.create(session, options)
            kind = "unprivileged" if unprivileged else "full"
            check(f"py2n {kind}, {name}", device.data.name == "Trifocal" and device.data.mac, device.data)


async def tries_sizes(address, headers):
    """As an integration that retries a refused size once at 640x480, and gives up on any other status than 200."""
    async with aiohttp.ClientSession(headers=headers) as session:
        for size in ((80, 80), (640, 480)):
            path = f"http://{address}/api/camera/snapshot?width={size[0]}&height={size[1]}"
            async with session.get(path) as answer:
                check(f"{size} is answered with 200", answer.status == 200, answer.status)
                if answer.content_type == "image/jpeg":
                    check("the fallback shows a picture", size == (640, 480))
                    continue
                error = (await answer.json())["error"]
                check("the refused size is named", (error["code"], error["param"]) == (12, "width"), error)
        async with session.get(f"http://{address}/api/call/status") as answer:
            check("the connection test passes", answer.status == 200 and (await answer.json())["success"])


def closed(method):
    """A gateway of our own that asks who we are."""
    secret = hashlib.md5(b"ann:Trifocal:pass").hexdigest()
    services = '["camera", "system", "log", "switch", "io", "call"]'
    return Gateway(
        f'[access]\nanonymous = ["operations"]\nscheme = "{method}"\nallow_basic_plain = true\n'
        f'[[access.users]]\nname = "ann"\npassword_hash = "{secret}"\nprivileges = {services}\n'
        '[[cameras]]\nname = "dome"\nurl = "test:?size=640x480"\n'
    )


async def main():
    open_address = BASE.removeprefix("http://")
    await connects("no authentication", open_address, None)
    await tries_sizes(open_address, {})
    if not PROGRAM:
        print("SKIPPED closed gateways: TRIFOCAL_PROGRAM is not set")
        return
    for scheme, methods in (("auto", ("basic", "digest")), ("digest", ("digest",)), ("basic", ("basic",))):
        with closed(scheme) as gateway:
            for method in methods:
                await connects(f"{method} of {scheme}", gateway.address, method)
            try:
                await connects("nobody", gateway.address, None)
                check(f"{scheme} refuses nobody", False)
            except Py2NError:
                check(f"{scheme} refuses nobody", True)


asyncio.run(main())
