BBBBBBB BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB BBBB
BBBBB BBBBB gettext(u'This did not work') BBBBBBBB
BBBBB BBBBBBBBB BBBBBB BB BBB gettext(u'Not open to you') BBBB BBBBBB BB BBB gettext(u'Nothing here') BBBB BBBBBB BB BBB gettext(u'Erased') BBBB BBBBBB BB BBB gettext(u'Not available now') BBBB gettext(u'This did not work') BBBBBBBBBBBBB
BBBBB BBBBXXXX XXXXXXXXXXXXXXXXXXXXXXX
XXXBB BBBBBB BB BBB gettext(u'If your work needs it, ask a colleague who manages users.') BBBB BBBBBB BB BBB gettext(u'It may never have been here, or it is not in your area.') BBBB BBBBBB BB BBB gettext(u'Nothing was lost. Try again in a few minutes.') BBBBBXXXX
XXXXX XXXXXXXXXXX XXXXXXXXXBBBB BBBBBBB  gettext(u'Go to Today') XXXXXXXX
XX XXXXXXXXXXXX gettext(u'Code:')  XXXXXXXXXXXXXXXXXXXXXXXBBBBBBBB
