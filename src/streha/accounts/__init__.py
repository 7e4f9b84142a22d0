"""Users, organisations, roles and their scopes: who may do what, where, to which class of field."""
