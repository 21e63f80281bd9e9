"""What models were asked and what it cost: an answer paid for once is not paid for again, and no cap is passed."""
