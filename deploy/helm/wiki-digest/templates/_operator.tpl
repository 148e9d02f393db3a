{{/* Fails an install or upgrade in a cluster whose API has no RayService, or only an old one. KubeRay 1.6 brought
     RayCronJob. Helm reads Secrets in any case; a render without a cluster finds no list of them. */}}
{{- define "wiki-digest.operatorCheck" -}}
{{- if and .Values.operator.check (lookup "v1" "Secret" .Release.Namespace "") -}}
{{- $apis := .Capabilities.APIVersions -}}
{{- $install := "install KubeRay's operator 1.6.2 or later with its CRDs first, or set operator.check to false" -}}
{{- if not ($apis.Has "ray.io/v1/RayService") -}}
{{- fail (printf "the cluster has no kind RayService (ray.io/v1): %s" $install) -}}
{{- else if not ($apis.Has "ray.io/v1/RayCronJob") -}}
{{- fail (printf "the CRDs of KubeRay in the cluster are older than 1.6: %s" $install) -}}
{{- end -}}
{{- end -}}
{{- end -}}
