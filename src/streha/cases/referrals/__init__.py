"""Referrals and transfers of cases to other organisations, with the consent they rest on."""
