"""The bundle engine: finds credentials and known values in built output."""
