/* The API's own page: Swagger UI over the portal's schema. Requests made here are the person's own, so they carry the CSRF token. */
(function () {
  "use strict";
  const place = document.getElementById("api");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    validatorUrl: null, // nothing is asked of other hosts
    requestInterceptor: (request) => {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
      return request;
    },
  });
})();
