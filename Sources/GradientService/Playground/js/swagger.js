// Swagger UI on the contract. Colouring an answer of megabytes would stop the tab, so there is none.

/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger", validatorUrl: null, syntaxHighlight: { activated: false },
  defaultModelsExpandDepth: 0, docExpansion: "list", tryItOutEnabled: true, persistAuthorization: false,
});
