"""The program that carries one attempt with Grenade to its end: `python -I -S -c START FOLDER TASK`.

Standard library only, and of its own folder by relative imports: it runs without Stairlift's other modules. It outlives
the orchestrator below the executor's supervisor, whose SIGTERM it turns into an orderly end of the driver.
"""
