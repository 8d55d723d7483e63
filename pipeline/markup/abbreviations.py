"""Words that end in a stop without ending a sentence, by what they are; a stop after each kind behaves alike."""

from __future__ import annotations

_KINDS = {
    "title": "dr drs mr mrs ms mme mlle prof rev revd hon gen brig maj col lt cmdr cdr capt sgt cpl gov sen rep pres supt fr "
    "br st ste mt ft  "
    "messrs mx msgr adm insp det pvt ald",
    "counted": "no nos nr art arts p pp sec secs sect item para paras para ch chap chaps vol vols fig figs figure tab tabs eq "
    "eqs eqn eqns ex exs  "
    "app appx append suppl supp ref refs sch cl reg regs r q col cols l ll pt pts n° §",
    "latin": "e.g i.e eg ie viz vs v v.s cf ca c approx circa incl excl esp spec resp aka a.k.a w.r.t i.a q.v sc nb n.b ibid "
    "op cit loc id infra supra",
    "tail": "etc al jr sr inc ltd co corp bros dept univ assn ph.d phd m.d d.d.s b.a m.a b.sc m.sc b.s m.s r.n m.p.h psy.d "
    "ed.d d.phil dphil esq ll.b  "
    "ll.m j.d d.o plc gmbh pty llc s.a n.v b.v",
    "place": "u.s u.k u.s.a e.u u.n d.c u.a.e n.y l.a u.s.s.r n.z ave blvd rd bldg apt hwy pl sq ln",
    "clock": "a.m p.m am pm a.d b.c b.c.e c.e",
    "month": "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun",
    "unit": "mg mcg µg μg ml dl kg g cm mm km ft lb lbs oz iu mmol mol nm kcal cal mmhg bpm min mins sec secs msec hr hrs h "
    "wk wks yr yrs mo mos d s m  "
    "avg max temp wt ht gal qt sq cu rpm kda kb bp",
    "dose": "b.i.d t.i.d q.i.d q.d p.o t.d.s p.r.n i.v i.m s.c q.h q12h o.d b.d q.d.s bid tid qid prn i.p p.c a.c o.m o.n "
    "stat subcut tab caps",
    "clinic": "pt pts hx dx rx tx sx fx hosp abd neg pos bilat diff dist med meds adm disch",
    "journal": "j eur am br psychol psychiatry clin int soc res sci rev ann arch proc acad nat natl biol chem phys lett surg "
    "engl assoc bull exp  "
    "neurol pharmacol epidemiol intern rehabil behav cogn dev educ environ genet immunol microbiol mol nutr oncol "
    "pediatr physiol prev public ther trans",
    "species": "spp sp subsp var cv f nov str strs serov ssp",
    "edit": "ed eds trans transl rev. repr comp comps illus ill ser min. anon trad pub publ",
}
KIND = {word: kind for kind, text in _KINDS.items() for word in text.split()}
"""Kind of an abbreviation, written in lower case without its last stop."""

COUNTING = frozenset(
    "vitamin factor hepatitis type group class grade category schedule protein appendix cluster panel arm plan "
    "option section part level phase  "
    "stage figure table chapter step case model scale version form unit room block cohort stratum subtype allele "
    "haplotype antigen virus influenza  "
    "variant condition question exhibit annex list set team zone tier candidate patient subject participant person "
    "country state city school  "
    "hospital company site ward i he she they we".split()
)
"""Words that are named by the letter or number after them: `vitamin B`, `arm C`."""
