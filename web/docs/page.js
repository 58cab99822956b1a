// Shows the document of this server, and asks nobody else for anything.
"use strict";

SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#page",
    deepLinking: true,
    // The badge would send the address of this server to one that checks documents.
    validatorUrl: null,
    // A key is forgotten with the page.
    persistAuthorization: false,
});
