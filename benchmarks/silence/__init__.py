"""`silence`: how well who stays away is told beforehand, on the CDNOW purchase log, beside plain rules."""
