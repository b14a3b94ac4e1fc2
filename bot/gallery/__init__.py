"""The gallery: every message that a customer can be sent, as both platforms show it, for compliance to read and sign.

Messages come from the code that says them (engine, lobby, channels); only the state before each is posed here.
"""
