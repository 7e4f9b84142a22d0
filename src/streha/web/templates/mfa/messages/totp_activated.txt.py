BBBB BBBB gettext(u'The authenticator app is on. Keep the recovery codes.') 
