export const firebase = { apiKey: import.meta.env.VITE_FIREBASE_API_KEY, authDomain: "shop.firebaseapp.com", projectId: "shop" };
