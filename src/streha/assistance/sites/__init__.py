"""Camps, collective centres and shelters: who stays where, how many places are free, and which standards are met."""
