"""What a network has learnt, and what one prediction rests on: functions, and one HTML report.

Every function takes a `Probe`, a network opened for looking inside. `write_report` puts all of them
on one page.
"""
