"""Every document of the Virtual Observatory dialect, held to its schema and its rules by STILTS."""

from checks import check, request

answer = request("/api/image/v1/availability")
check("availability of ImageServ", answer.status == 200 and b'"available":"true"' in answer.body, answer.text)
