"""LibreOffice kept warm: started once through LibreOfficeKit, then forked for every document. Standard library only.

Runs inside the sandbox as `python -c … lok_server FD`. The order of things is what makes it work (LibreOffice 7.4):
`SAL_LOK_OPTIONS=unipoll`, `lok_preinit_2`, `libreofficekit_hook_2`, then `runLoop` with data that is not NULL. The
first poll callback converts a document of our own, so that every child starts with fonts, filters and layout loaded;
from then on each callback waits on the channel and forks. A process with a second thread cannot be forked safely, so
the server waits until LibreOffice's configuration thread has ended.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, Final

from pipeline.adapters.inside.forking import SCRATCH, Foreman, Request, channel_from

PROGRAM: Final = "/usr/lib/libreoffice/program"
PROFILE: Final = f"{SCRATCH}/profile"
EXPORT: Final = json.dumps(
    {
        "UseTaggedPDF": {"type": "boolean", "value": "true"},
        "ExportBookmarks": {"type": "boolean", "value": "false"},
        "ExportFormFields": {"type": "boolean", "value": "false"},
        "ExportNotes": {"type": "boolean", "value": "false"},
        "ExportLinksRelativeFsys": {"type": "boolean", "value": "false"},
    }
)
SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Field" oor:op="fuse">
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupInstCompleted" oor:op="fuse">
<value>true</value></prop></item>
</oor:items>
"""
_RUN_LOOP_SLOT: Final = 13
_WORD: Final = ctypes.sizeof(ctypes.c_void_p)
_POLL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_WAKE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Office:
    """LibreOffice in this process."""

    def __init__(self) -> None:
        """Starts LibreOffice. Raises OSError where this LibreOffice has no runLoop where it is looked for."""
        write_profile()
        library = ctypes.CDLL(f"{PROGRAM}/libmergedlo.so", mode=ctypes.RTLD_GLOBAL)
        program, profile = PROGRAM.encode(), f"file://{PROFILE}".encode()
        kit = ctypes.c_void_p()
        library.lok_preinit_2.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
        if library.lok_preinit_2(program, profile, ctypes.byref(kit)) != 0:
            raise OSError("LibreOffice did not start")
        hook = library.libreofficekit_hook_2
        hook.restype, hook.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
        self._kit = hook(program, profile)
        if not self._kit or self._size(self._kit) < (_RUN_LOOP_SLOT + 1) * _WORD:
            raise OSError("this LibreOffice cannot be kept warm")

    def convert(self, source: str, out: str, word: str = "") -> str:
        """Writes the document as PDF to `out`, and as Word file to `word` if named; returns what went wrong or ''."""
        load = self._method(self._kit, 4, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
        document = load(self._kit, f"file://{source}".encode(), b"Batch=true,Language=en-GB")
        if not document:
            return "not read"
        save = self._method(document, 2, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
        done = save(document, f"file://{out}".encode(), b"pdf", EXPORT.encode())
        if done and word:
            done = save(document, f"file://{word}".encode(), b"docx", None)
        self._method(document, 1, None)(document)
        return "" if done else "not written"

    def loop(self, poll: object, wake: object) -> None:
        """Hands this thread to LibreOffice, which calls `poll` whenever it is idle. Does not return while it runs."""
        run = self._method(self._kit, _RUN_LOOP_SLOT, None, _POLL, _WAKE, ctypes.c_void_p)
        some_data = ctypes.create_string_buffer(8)  # NULL would make it spin without ever calling back
        run(self._kit, poll, wake, ctypes.cast(some_data, ctypes.c_void_p))

    @staticmethod
    def _size(thing: int) -> int:
        table = ctypes.c_void_p.from_address(thing).value or 0
        return ctypes.c_size_t.from_address(table).value

    @staticmethod
    def _method(thing: int, slot: int, result: Any, *arguments: Any) -> Any:
        table = ctypes.c_void_p.from_address(thing).value or 0
        address = ctypes.c_void_p.from_address(table + slot * _WORD).value or 0
        return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *arguments)(address)


def write_profile(folder: str = PROFILE) -> None:
    """Writes the settings LibreOffice runs under: no macros, no foreign links, nothing updated."""
    Path(folder, "user").mkdir(parents=True, exist_ok=True)
    Path(folder, "user", "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")


def warm_document() -> bytes:
    """Returns a small Word document of our own with what reports have: headings, a table, several fonts."""
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    fonts = ("Calibri", "Cambria", "Arial", "Times New Roman", "Courier New", "Symbol", "DejaVu Sans")
    runs = "".join(
        f'<w:p><w:r><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>{style}</w:rPr>'
        "<w:t>Warm é £ – ’</w:t></w:r></w:p>"
        for font in fonts
        for style in ("", "<w:b/>", "<w:i/>")
    )
    cell = "<w:tc><w:tcPr><w:tcW w:w='2000' w:type='dxa'/></w:tcPr><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc>"
    table = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr>{cell}{cell}</w:tr></w:tbl>"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{head}<Types xmlns="{types}"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'{head}<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}" '
            f'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml", f'{head}<w:document xmlns:w="{w}"><w:body>{runs}{table}<w:p/></w:body></w:document>'
        )
    return made.getvalue()


def give_each_child_its_own_scratch() -> None:
    """Makes LibreOffice's temporary folders, named once at its start, mean the working folder of each child."""
    for made in sorted(Path(SCRATCH).glob("lu*.tmp")):
        made.rename(made.with_suffix(".warm"))
        made.symlink_to("/proc/self/cwd")


def _one_thread() -> bool:
    return len(os.listdir("/proc/self/task")) == 1


def main(arguments: list[str]) -> None:
    """Serves until the host hangs up."""
    os.putenv("SAL_LOK_OPTIONS", "unipoll")
    os.putenv("UserInstallation", f"file://{PROFILE}")
    channel = channel_from(arguments[0])
    office = Office()

    def perform(request: Request) -> None:
        word = f"{request['out']}/again.docx" if request.get("also_word") else ""
        said = office.convert(request["in"], f"{request['out']}/pages.pdf", word)
        Path(request["out"], "said").write_text(said, encoding="ascii")

    foreman = Foreman(channel, perform)
    warm = False

    def poll(_data: int, microseconds: int) -> int:
        nonlocal warm
        if not warm:
            warm = True
            source, made = Path(SCRATCH, "warm.docx"), Path(SCRATCH, "warm.pdf")
            source.write_bytes(warm_document())
            said = office.convert(str(source), str(made))
            deadline = time.monotonic() + 10
            while not _one_thread() and time.monotonic() < deadline:
                time.sleep(0.01)
            give_each_child_its_own_scratch()
            fit = not said and _one_thread() and made.exists()
            foreman.report({"ready": fit})
            if not fit:
                os._exit(1)
        if not foreman.turn(min(max(microseconds, 0) / 1e6, 5.0) if microseconds >= 0 else 5.0):
            os._exit(0)
        return 0

    office.loop(_POLL(poll), _WAKE(lambda _data: None))
    sys.exit(1)
