insert into settings (name, value) values ('hub', '{{huggingface}}');
