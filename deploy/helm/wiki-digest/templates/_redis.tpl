{{/* `true` if the head's state is kept in a Redis, else empty. Without a value it is where that is safe: in a Redis
     of the user's, or in the chart's on a volume. */}}
{{- define "wiki-digest.faultTolerant" -}}
{{- with .Values.faultTolerance -}}
{{- if kindIs "invalid" .enabled | ternary (or .redisAddress .redis.persistence.enabled) .enabled }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* `true` if the chart deploys that Redis, else empty. */}}
{{- define "wiki-digest.ownRedis" -}}
{{- if not .Values.faultTolerance.redisAddress }}{{ include "wiki-digest.faultTolerant" . }}{{ end -}}
{{- end -}}

{{/* `true` if a pod of Redis makes its password, else empty. */}}
{{- define "wiki-digest.makesPassword" -}}
{{- if not .Values.faultTolerance.existingSecret }}{{ include "wiki-digest.ownRedis" . }}{{ end -}}
{{- end -}}

{{- define "wiki-digest.redisSecret" -}}
{{ .Values.faultTolerance.existingSecret | default (printf "%s-redis" (include "wiki-digest.fullname" .)) }}
{{- end -}}

{{/* An affinity that prefers nodes without pods of this release with these labels. */}}
{{- define "wiki-digest.apartFrom" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- merge (dict "app.kubernetes.io/instance" .root.Release.Name) .labels | toYaml | nindent 12 }}
{{- end -}}

{{/* The values of the head, off the node of the chart's Redis, and with the CA of an external one. */}}
{{- define "wiki-digest.headGroup" -}}
{{- $group := include "wiki-digest.rayGroup" (dict "root" . "group" .Values.head "node" "head" "component" "head") | fromYaml -}}
{{- if and (include "wiki-digest.ownRedis" .) (not (hasKey ($group.affinity | default dict) "podAntiAffinity")) -}}
{{- $apart := include "wiki-digest.apartFrom" (dict "root" . "labels" (dict "app.kubernetes.io/component" "redis")) | fromYaml -}}
{{- $_ := set $group "affinity" (merge $apart ($group.affinity | default dict)) -}}
{{- end -}}
{{- with and (include "wiki-digest.faultTolerant" .) .Values.faultTolerance.caSecret -}}
{{- $file := dict "name" "RAY_REDIS_CA_CERT" "value" "/etc/redis-ca/ca.crt" -}}
{{- $volume := dict "name" "redis-ca" "secret" (dict "secretName" .) -}}
{{- $mount := dict "name" "redis-ca" "mountPath" "/etc/redis-ca" "readOnly" true -}}
{{- $_ := set $group "env" (prepend ($group.env | default list) $file) -}}
{{- $_ := set $group "volumes" (prepend ($group.volumes | default list) $volume) -}}
{{- $_ := set $group "volumeMounts" (prepend ($group.volumeMounts | default list) $mount) -}}
{{- end -}}
{{- toYaml $group -}}
{{- end -}}

{{/* The values of the pod of Redis: off the head's node, and with a container that makes the password. */}}
{{- define "wiki-digest.redisGroup" -}}
{{- $group := deepCopy .Values.faultTolerance.redis -}}
{{- if not (hasKey ($group.affinity | default dict) "podAntiAffinity") -}}
{{- $apart := include "wiki-digest.apartFrom" (dict "root" . "labels" (dict "ray.io/node-type" "head")) | fromYaml -}}
{{- $_ := set $group "affinity" (merge $apart ($group.affinity | default dict)) -}}
{{- end -}}
{{- if .Values.faultTolerance.redis.persistence.enabled -}}
{{- $_ := set $group "tolerations" (include "wiki-digest.leavesSilentNode" $group | fromYamlArray) -}}
{{- end -}}
{{- if include "wiki-digest.makesPassword" . -}}
{{- $_ := set $group "initContainers" (prepend ($group.initContainers | default list) (include "wiki-digest.makePassword" . | fromYaml)) -}}
{{- end -}}
{{- $other := and (include "wiki-digest.makesPassword" .) (include "wiki-digest.redisSecret" .) -}}
{{- $_ := set $group "serviceAccountName" (include "wiki-digest.accountOf" (dict "root" . "group" $group "component" "redis" "other" $other)) -}}
{{- toYaml $group -}}
{{- end -}}

{{/* Only this container has a token, which may only read and patch the Secret of the password. It keeps the image of
     the installed release once that has started: a new one would restart Redis, and the old cluster with it, in the
     middle of an upgrade. */}}
{{- define "wiki-digest.makePassword" -}}
{{- $image := include "wiki-digest.image" . -}}
{{- $installed := lookup "apps/v1" "Deployment" .Release.Namespace (printf "%s-redis" (include "wiki-digest.fullname" .)) -}}
{{- $runs := false -}}
{{- range dig "status" "conditions" list $installed -}}
{{- if and (eq .type "Available") (eq .status "True") }}{{ $runs = true }}{{ end -}}
{{- end -}}
{{- range dig "spec" "template" "spec" "initContainers" list $installed -}}
{{- if and $runs (eq .name "password") }}{{ $image = .image }}{{ end -}}
{{- end -}}
name: password
image: {{ $image }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [python, -I, -m, app.shell.fill_secret, {{ include "wiki-digest.redisSecret" . }}, password]
securityContext: {{- include "wiki-digest.containerSecurity" (dict "root" .) | nindent 2 }}
resources: {{- toYaml .Values.faultTolerance.redis.passwordResources | nindent 2 }}
volumeMounts: [{name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}]
{{- end -}}

{{- define "wiki-digest.tokenVolume" -}}
name: token
projected:
  sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3600}
    - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- end -}}
