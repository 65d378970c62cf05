"""Who is told when nobody takes an alert on: the reporting line, climbed in working time. Pure, as all of the core."""
