"""Providers of SMS, e-mail and voice behind one port; knows neither policies nor the store."""
