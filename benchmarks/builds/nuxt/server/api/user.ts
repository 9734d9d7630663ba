export default defineEventHandler(() => $fetch("https://api.clerk.com/v1/users", { headers: { authorization: "Bearer {{clerk-secret}}" } }));
