"""What a trial is made of before any deal is drawn: its rates, factors, pace, levels and arrivals."""
