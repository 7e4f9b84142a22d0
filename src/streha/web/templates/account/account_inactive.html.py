BBBBBBB BBBBBBBBBBBBBBBBBBB BBBB
BBBBB BBBBB gettext(u'Account closed') BBBBBBBB
BBBBB BBBBBBB gettext(u'This account is closed') BBBBBBBB
BBBBB BBBBXXX gettext(u'Ask a colleague who manages users to open it again.') XXXXBBBBBBBB
