"""Names, headings and wordings that tell what part a block of a web page plays."""

from __future__ import annotations

import re

HINTS = tuple(
    (role, re.compile(rf"(?:^|[\s_-])(?:{names})(?:$|[\s_-])"))
    for role, names in (
        ("bibliography", "references?|ref-?list|bibliography|works-cited|cited-by"),
        ("notice", "cookies?|consent|gdpr|newsletters?|subscribe|subscription|sign-?up|paywall|copyright|legal-notice|optanon\\w*"),
        (
            "reading_list",
            "related\\w*|recommend(?:ed|ations?)?|recirc\\w*|see-?also|read-?(?:next|also)|more-(?:stories|news|from|on|articles)"
            "|most-?(?:read|popular|viewed)|popular|trending|outbrain\\w*|taboola\\w*|teasers?|further-?reading|similar|you-may-like|promo",
        ),
        (
            "authors",
            "authors?-?(?:bio|box|info|card|profile|details|block|meta)?|bylines?|by-line|contributors?|about-?author|affiliations?",
        ),
        (
            "navigation",
            "nav|navbar|navigation|menu|breadcrumbs?|crumbs?|shar(?:e|ing|er)(?:-?\\w+)?|social(?:-?\\w+)?|toolbar|tags"
            "|tag-?(?:list|cloud|links)"
            "|pagination|pager|skip-?\\w*|ads?|adverts?|advertise?ment|advertising|sponsor(?:ed)?|comments?|comment-?list"
            "|disqus\\w*|sidebar|footer",
        ),
    )
)
SECTIONS = tuple(
    (role, re.compile(rf"\W*(?:\d+\W+)?(?:{names})\W*", re.I))
    for role, names in (
        (
            "bibliography",
            "(?:notes and |cited )?references(?: and notes| cited)?|bibliography|works cited|literature cited|literatur(?:verzeichnis)?"
            "|einzelnachweise|références|bibliographie|bibliografía|referencias|referências|bibliografia|riferimenti|список литературы"
            "|参考文献",
        ),
        (
            "reading_list",
            "see also|further reading|external links|related(?: (?:articles?|posts?|stories|content|links|topics|news|reading"
            "|coverage|pages))?"
            "|read (?:next|more|also)|recommended(?: (?:reading|articles|stories|for you))?|more (?:from|on|stories|news)(?: .{0,40})?|more"
            "|(?:you )?(?:may|might) (?:also )?(?:like|be interested in)|most (?:read|popular|viewed)|trending(?: now)?|don.?t miss"
            "|popular(?: (?:posts|articles|stories|now))?|latest (?:news|stories|posts|articles)"
            "|weiterführende (?:links|literatur)|siehe auch|weblinks|mehr zum thema|das könnte sie auch interessieren|voir aussi"
            "|à lire aussi"
            "|sur le même sujet|véase también|enlaces externos|te puede interesar|leia também|veja também|você pode gostar"
            "|leggi anche|lees ook"
            "|читайте также|関連記事",
        ),
        (
            "authors",
            "(?:about )?the authors?|about the writers?|authors?|author (?:information|contributions|affiliations|bio(?:graphy)?)"
            "|affiliations"
            "|contributors|über (?:den autor|die autorin)|à propos de l.auteur|sobre (?:el|o|la|a) autora?|об авторе",
        ),
        (
            "notice",
            "newsletter|cookies?|cookie policy|privacy policy|stay (?:informed|connected|up to date)|sign up.{0,40}|subscribe.{0,40}",
        ),
        (
            "navigation",
            r"(?:\d+ )?comments?(?: \(\d+\))?|leave a (?:comment|reply)|share(?: this.{0,20})?|tags|categories|kommentare"
            r"|commentaires|comentarios"
            "|comentários",
        ),
    )
)
LINES = tuple(
    (role, most, re.compile(pattern, re.I))
    for role, most, pattern in (
        (
            "bibliography",
            120,
            r"^\W*\d{1,3}\W+.*\b(?:19|20)\d\d\b.*(?:\bdoi\b|\bpp?\. ?\d|\bvol\.|\bet al\b|\d\s*[:;(]\s*\d+|\bisbn\b|\bretrieved\b)",
        ),
        (
            "reading_list",
            30,
            r"^\W*(?:related|see also|see more|read (?:more|also|next)|also read|more|recommended|don.?t miss|you may also like|lees ook"
            r"|lesen sie auch|mehr zum thema|lire aussi|à lire|leia (?:também|mais)|veja (?:também|mais)|lea también|leggi anche|siehe auch"
            r"|voir aussi|читайте также)\s*(?:[:|»–-].*)?$",
        ),
        (
            "authors",
            40,
            r"^.{0,50}\b(?:19|20)\d\d\b\W.{0,10}\b\d{1,2}[:h]\d\d\b.{0,15}$|^source ?:|^by (?:\w[\w.'-]* ?){1,5}$"
            r"|^\W*(?:additional reporting|reporting|editing|written|edited|translated|reported|photos?|with reporting) by\b"
            r"|\bcontributed (?:to (?:this|the) (?:report|story|article|post)|reporting)|\b(?:may|can) be reached (?:at|on|via)"
            r"|\breach the (?:reporter|author|writer)s?|\bfollow (?:him|her|them|me|the (?:author|reporter)s?)\b"
            r"|\b(?:e-?mail|write to|contact)\b.{2,60}@|^\W*(?:updated|published|posted|last (?:updated|modified))\b.{0,40}\d.{0,30}$",
        ),
        (
            "notice",
            60,
            r"^\W*(?:copyright\b|©|(?:this|our) (?:web)?site uses|we use cookies|already a (?:subscriber|member)"
            r"|this copy is for your personal)"
            r"|\ball rights reserved\b|^if you (?:enjoyed|liked|like) (?:this|our|what)|^(?:support|donate to) (?:us|our)\b"
            r"|^get (?:access to|the (?:latest|best)|our)\b.*\b(?:inbox|newsletters?|subscri\w+|pro|app)\b"
            r"|\b(?:sign up|subscribe)\b.{0,80}\b(?:newsletters?|inbox|updates|today|here|for free|now)\b"
            r"|\bdelivered (?:straight |right |through )?(?:to )?your (?:inbox|letterbox|door)",
        ),
        (
            "navigation",
            35,
            r"^\W*(?:share|tweet|print|e-?mail|comments?|(?:leave|post|add) a (?:comment|reply)|advertisement|(?:skip|back) to \w+"
            r"|tell us what you think|more|copy link|listen|download)\W*$|^(?:click|tap) (?:here|on)\b"
            r"|^(?:tags|topics|filed under|posted in|categor(?:y|ies))\W*:|^(?:listen|watch|download)(?: \w+)?: ?http"
            r"|\b(?:follow|like|find|join)\b.{0,60}\bon (?:twitter|facebook|instagram|linkedin|youtube|tiktok|telegram|x)\b",
        ),
    )
)
