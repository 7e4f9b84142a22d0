BBBBBBB BBBBBBBBBBBBBBBBBBB BBBB
BBBBB BBBBB gettext(u'Locked for a while') BBBBBBBB
BBBBB BBBBBBB gettext(u'Locked for a while') BBBBBBBB
BBBBB BBBBXXX gettext(u'The password was wrong too often. Wait 15 minutes and try again.') XXXX
XXX gettext(u'If you forgot it, ask a colleague who manages users for a new one.') XXXX
XXXXX XXXXXXXXXXX XXXXXXBBB BBBBBBBBBBBBBBBXX gettext(u'Back to log in') XXXXXXXXBBBBBBBB
