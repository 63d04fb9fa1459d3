"""The whole loop over recorded bars under the events' own clock, beside fixed schedules."""
