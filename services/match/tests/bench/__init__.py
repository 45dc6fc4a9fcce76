"""What the match engine does per second, beside bare SQL that makes the same rows in the same run."""
