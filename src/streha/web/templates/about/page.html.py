BBBBBBB BBBBBBBBBBBBBBBBB BBBB
BBBBB BBBBB gettext(u'About Streha') BBBBBBBB
BBBBB BBBBBBB gettext(u'About Streha') BBBBBBBB
BBBBB BBBXX XXXXXXXXXXXX gettext(u'Version %(version)s') SSSSSSS SSSSSSSSSSS X XXXXXXXXXXXXXXBBBBBBBB
BBBBB BBBBXXXX XXXXXXXXXXXXXX XXXXXXX
XXX gettext(u'Streha is the eaves: the edge of the roof that shelters whoever stands by the house. The word is the same in Albanian and in Serbian.') XXXX
XXX gettext(u'It keeps one register of people, homes and the help they are given. What you see is what your role and your area allow. Who looked is logged.') XXXX
XXXX XXXXXXXXXXXXXXXXXXXXXXXXX gettext(u'Shipped with these pages') XXXXXXXXXXXXXX gettext(u'Shipped with these pages') BBBBBBBBBBBBBB BBBBBBBXXXXXXXXXXXXXXX gettext(u'Package') XXXXXXXXX gettext(u'Version') XXXXXXXXX gettext(u'Licence') XXXXXXXXXXXXXXXXXXXXXXXXXBBB BBBBBBBB BBBBBBB BBBBBBB BB BBBBBBBXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXBBBBBBXXXXXXXXBBBBBBBBBBBBBBBBBBXXXXXX
XXXXXXBBBBBBBB
