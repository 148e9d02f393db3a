-- The health of a RayService, for Argo CD, which has no rule for this kind. KubeRay's condition Ready is
-- not enough: it stays true during an upgrade, and says nothing of the applications. The same rules as
-- `observe` in app/shell/wait.py: tests/unit/test_gitops.py runs both on the same objects.
local function verdict(status, message)
  return { status = status, message = message }
end

-- The applications of the active and of the pending cluster.
local function applications(status)
  local found = {}
  for _, part in ipairs({ status.activeServiceStatus or {}, status.pendingServiceStatus or {} }) do
    if part.rayClusterName and part.rayClusterName ~= "" then
      for name, application in pairs(part.applicationStatuses or {}) do
        table.insert(found, { name = name, status = application.status, message = application.message or "" })
      end
    end
  end
  return found
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready or {}
local upgrade = conditions.UpgradeInProgress or {}
local found = applications(status)

if ready.reason == "ValidationFailed" or ready.reason == "InitializingTimeout" then
  return verdict("Degraded", "KubeRay gives up, " .. ready.reason .. ": " .. (ready.message or ""))
end
if status.observedGeneration ~= obj.metadata.generation then
  return verdict("Progressing", "KubeRay has not observed the latest change yet")
end
for _, application in ipairs(found) do
  if application.status == "DEPLOY_FAILED" then
    return verdict("Degraded", application.name .. " cannot be deployed: " .. application.message)
  end
end
if upgrade.status == "True" then
  return verdict("Progressing", "starting a new cluster beside the active one")
end
if #found == 0 then
  return verdict("Progressing", "no application runs yet")
end
for _, application in ipairs(found) do
  if application.status ~= "RUNNING" then
    return verdict("Progressing", application.name .. " is " .. application.status)
  end
end
if ready.status ~= "True" then
  return verdict("Progressing", "no pod is ready for requests yet")
end
return verdict("Healthy", "all applications run")
