def run(build, pg, folder, brief):
    pass
