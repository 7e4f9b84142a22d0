"""Between the policy and PostgreSQL: who asks is announced to the database (``wall``), which holds rows against it
(``policies``) through a connection that never keeps another's rights (``postgresql``).
"""
