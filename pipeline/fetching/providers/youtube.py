"""YouTube: what a video is, and its captions where the page offers them to us.

oEmbed, https://oembed.com; the captions have no open interface: the page of the video names them, and often refuses programs.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from pipeline.fetching.client import NoText
from pipeline.fetching.identity import identify
from pipeline.fetching.providers.base import Api, Candidate, Found, Work, listed, text_of
from pipeline.fetching.reading import Declared
from pipeline.records import Scope, WhyNot

_VIDEOS = frozenset({"motion_picture", "broadcast", "video", "speech", "interview"})
_PLAYER = re.compile(r"ytInitialPlayerResponse\s*=\s*")


class YouTube:
    """Captions written by people before automatic ones, English first. A transcript given as a file is the surer way."""

    name = "youtube"
    base = "https://www.youtube.com"
    order = 85
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the transcript, and title and channel as metadata."""
        if not work.youtube:
            return Found()
        watch = api.url("watch", v=work.youtube)
        body = api.get("watch", v=work.youtube)
        player = _player(body.data if body else b"")
        tracks = sorted(_tracks(player), key=_rank)
        if not tracks:
            raise NoText(WhyNot.BLOCKED, f"{watch}: the page names no captions; give a transcript: sourcemark source add-text")
        url = text_of(tracks[0], "baseUrl").replace("https://www.youtube.com", api.base)
        url = url if url.startswith("http") else f"{api.base}{url}"
        facts = self._facts(player, work.youtube, api)
        return Found((Candidate(f"{url}&fmt=json3", Scope.FULL_TEXT, form="transcript", interface=True, declared=facts, shown=watch),))

    def _facts(self, player: Any, video: str, api: Api) -> Declared:
        """Return title and channel, from the page itself, else by oEmbed, which refuses videos that may not be embedded."""
        title, author = text_of(player, "videoDetails", "title"), text_of(player, "videoDetails", "author")
        if not title:
            told = api.json("oembed", url=f"https://www.youtube.com/watch?v={video}", format="json")
            title, author = text_of(told, "title"), text_of(told, "author_name")
        return Declared(titles=(title,) if title else (), authors=(author,) if author else ())


def _player(page: bytes) -> Any:
    """Return what the page tells its player, None where it tells nothing."""
    text = page.decode("utf-8", "replace")
    found = _PLAYER.search(text)
    if not found:
        return None
    try:
        player, _ = json.JSONDecoder().raw_decode(text, found.end())
    except (ValueError, RecursionError):
        return None
    return player


def _tracks(player: Any) -> list[Any]:
    """Return the caption tracks that the player is told of."""
    tracks = listed(player, "captions", "playerCaptionsTracklistRenderer", "captionTracks")
    return [track for track in tracks if text_of(track, "baseUrl")]


def _rank(track: Any) -> tuple[bool, bool]:
    return not text_of(track, "languageCode").startswith("en"), text_of(track, "kind") == "asr"


class YouTubeSearch:
    """The id of a video from its title, by the Data API (https://developers.google.com/youtube/v3/docs/search), with a key."""

    name = "youtube_search"
    base = "https://www.googleapis.com/youtube/v3"
    order = 84
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the id of the first video whose title is the work's."""
        if work.youtube or not api.key or work.source.type not in _VIDEOS:
            return Found()
        answer = api.json("search", part="snippet", type="video", q=work.source.title, maxResults="5", key=api.key)
        for item in listed(answer, "items"):
            title = html.unescape(text_of(item, "snippet", "title"))
            if identify(work.source, Declared(titles=(title,)), "").same:
                return Found(ids={"youtube": text_of(item, "id", "videoId")})
        return Found()
