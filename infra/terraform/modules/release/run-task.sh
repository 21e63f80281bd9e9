#!/bin/sh
# Runs the TASK on the CLUSTER to its end, and ends as it did. For whoever applies; needs the AWS CLI.
set -eu
task=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$TASK" --launch-type FARGATE \
  --network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUPS]}" \
  --query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task"
code=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --query 'tasks[0].containers[0].exitCode' --output text)
test "$code" = 0 || { echo "The release's task ended with $code; its log says why: $task" >&2; exit 1; }
