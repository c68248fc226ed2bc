"""The demo's home: made once, told apart from other homes, and pointed to the demo's mail server while that runs."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.bootstrap import initialise
from pipeline.demo.mail_server import Running
from pipeline.demo.play import Play
from pipeline.errors import RefusedError
from pipeline.settings_file import FILE_NAME, toml_value

SERVER_MARK = "\n# --- the demo's mail server; it runs while the demo does ---\n"


def made(home: Path, play: Play, *, keep: bool) -> bool:
    """Makes the home of a play unless it is there; returns whether it was made.

    Raises:
        RefusedError: it is another's home, or another play's, or there is none and none is to be made.
    """
    file, mark = home / FILE_NAME, f"# This home was made by `{play.command}`; everything in it is invented.\n"
    if file.is_file():
        if not file.read_text(encoding="utf-8").startswith(mark):
            raise RefusedError("That home was not made by the demo, so it is left alone. Nothing was changed.")
        return False
    if keep:
        raise RefusedError("There is no home of an earlier demo to go on with. Leave out --keep. Nothing was changed.")
    team, sender = "Port Mere City SQT admin", "sqt@portmere.example"
    initialise(home, profile="portsmouth", team=team, sender=sender, rehearsal=True, kit=None, phones=["01632 960100"])
    for name, own in play.profiles.items():
        (home / "profiles").mkdir(mode=0o700, exist_ok=True)
        (home / "profiles" / f"{name}.toml").write_text(own, encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    for key, value in play.settings.items():
        text = re.sub(rf"^# {key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    file.write_text(mark + text, encoding="utf-8")
    return True


def point_to(home: Path, server: Running | None) -> None:
    """Writes the demo's mail server into the settings, or takes it out again: mail then stays in the outbox."""
    file = home / FILE_NAME
    text = file.read_text(encoding="utf-8").partition(SERVER_MARK)[0]
    if server is not None:
        said: dict[str, str | int] = {
            "host": server.host, "port": server.port, "tls": "starttls", "username": server.username,
            "password": server.password, "ca_file": str(server.ca_file),
        }  # fmt: skip
        text += SERVER_MARK + "[smtp]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in said.items())
    file.write_text(text, encoding="utf-8")
