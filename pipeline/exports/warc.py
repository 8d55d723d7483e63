"""A source set as WARC 1.1: what was received, with its headers, and the text that was derived from it.

ISO 28500:2017, https://iipc.github.io/warc-specifications/
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import BinaryIO

from pipeline.errors import Unavailable
from pipeline.records import Snapshot


def write_warc(out: BinaryIO, snapshots: Iterable[Snapshot], read: Callable[[str], bytes]) -> int:
    """Write the snapshots and return how many records there are; Unavailable without the extra `warc`.

    Each gives a `response` (a web address) or a `resource` (a file), a `conversion` with the derived text and a `metadata`
    record with the snapshot itself, so that text and offsets can be checked without this program.
    """
    try:
        from warcio.statusandheaders import StatusAndHeaders
        from warcio.warcwriter import WARCWriter
    except ImportError:
        raise Unavailable("WARC needs an extra package: pip install 'sourcemark[warc]'") from None
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    count = 0
    for snapshot in snapshots:
        web = snapshot.origin.startswith(("http://", "https://"))
        uri = snapshot.origin if web else f"urn:sourcemark:{snapshot.source_id}:{snapshot.bytes_sha256}"
        date = {"WARC-Date": snapshot.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        kind = "response" if web and snapshot.headers else "resource"
        http = StatusAndHeaders("200 OK", [*snapshot.headers], protocol="HTTP/1.1") if kind == "response" else None
        received = read(snapshot.bytes_sha256)
        held = writer.create_warc_record(
            uri,
            kind,
            payload=io.BytesIO(received),
            length=len(received),
            http_headers=http,
            warc_content_type="" if http else snapshot.media_type,
            warc_headers_dict=dict(date),
        )
        writer.write_record(held)
        refers = {**date, "WARC-Refers-To": held.rec_headers.get_header("WARC-Record-ID")}
        for form, data, media in (
            ("conversion", read(snapshot.text_sha256), "text/plain; charset=utf-8"),
            ("metadata", snapshot.model_dump_json().encode(), "application/json"),
        ):
            made = writer.create_warc_record(
                uri, form, payload=io.BytesIO(data), length=len(data), warc_content_type=media, warc_headers_dict=dict(refers)
            )
            writer.write_record(made)
        count += 3
    return count
