"""What the decision rules decide when the truth is known: worlds, rivals, the scoreboard."""
