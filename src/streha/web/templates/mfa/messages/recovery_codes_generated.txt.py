BBBB BBBB gettext(u'New recovery codes are made; the old ones no longer work.') 
