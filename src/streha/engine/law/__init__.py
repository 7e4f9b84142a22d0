"""The law engine: from words on pages to aligned provisions, and from provisions to passages found with reasons.

Pure: values in, values out. Reading files is ``streha.formats``; remembering works, ratings and evidence is a room's
business. The method, with worked tables, is docs/methods/law.md.
"""
