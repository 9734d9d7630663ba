"""Rules on callbacks: URLs that another system or a mail reader will call or open."""
