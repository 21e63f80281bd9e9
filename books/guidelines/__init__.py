"""What people and jobs do to topics and subtopics alike: each a change with history, most of them undoable."""
