onmessage = () => fetch("https://api.notion.com/v1/pages", { headers: { authorization: "Bearer {{notion}}" } });
